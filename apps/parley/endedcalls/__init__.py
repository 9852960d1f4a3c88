"""Which calls are over: told by the service that ends them, asked by the one whose sessions belong to them."""
