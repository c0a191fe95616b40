"""What people of organisations tell the platform's own: a question, a fault, an idea."""
