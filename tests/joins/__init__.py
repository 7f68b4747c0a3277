"""The arrows of the data's way: what one room hands to the next arrives as it was."""
