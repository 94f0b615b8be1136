//! What is refused, warned of and refused to change, as tables of whole objects.
