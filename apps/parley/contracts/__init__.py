"""What crosses a boundary: frames on the socket, events on the bus, problems over HTTP."""
