"""The pages that are made on the server: the two forms, the frame of the chat page, what each problem means."""
