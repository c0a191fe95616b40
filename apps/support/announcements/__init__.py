"""What we tell everybody in the console for a while: a banner that each person can put away."""
