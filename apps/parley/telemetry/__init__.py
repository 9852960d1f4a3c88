"""What a process tells about itself: lines, numbers and spans, none of which holds an address, a code or a token."""
