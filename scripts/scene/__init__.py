"""A small numpy ray tracer for the project's own night pictures: no photograph, no license but the project's."""
