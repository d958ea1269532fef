"""Tables of the log. The hot paths go through the driver: COPY and `unnest` take whole batches."""
