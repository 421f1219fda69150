"""Files of the zoo and of vendors, changed at random, through every reader."""
