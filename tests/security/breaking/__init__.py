"""Each defence that an attack test stands for, taken away once: the test must fail, or it tests nothing."""
