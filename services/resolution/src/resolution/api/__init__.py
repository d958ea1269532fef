"""Door 1: what people and front-ends ask of resolution. A file a resource."""
