/* Pictures whose rows lie so far apart that no 32-bit number reaches from the first to the last. */
#ifndef SANITIZED_FAR_H
#define SANITIZED_FAR_H

/* Aborts where the bytes are not those of the same picture row after row. */
void check_far_rows(const char *set);

#endif
