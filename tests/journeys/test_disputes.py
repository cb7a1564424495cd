"""Cases in a browser: dragged, moved by keyboard, decided with the letter looked at, credited."""
