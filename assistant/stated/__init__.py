"""What a question states beside the labels of the reader: machines, budgets, users, purchases, premises."""
