"""What a whole run costs, part by part: hours and bytes, on this machine and on others."""
