"""What can be added to a method: penalties, auxiliary tasks, changed layers; one file a technique."""
