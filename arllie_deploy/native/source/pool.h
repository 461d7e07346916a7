/* Threads that sleep between calls. */
#ifndef ARLLIE_POOL_H
#define ARLLIE_POOL_H

#define ARLLIE_MOST_THREADS 64

/* Runs work(context, worker) on the caller (worker 0) and on up to threads - 1 others (workers 1, 2, ...), and returns
 * when all that began have ended. Work must be taken from a shared counter: helpers may come late or, while the pool
 * serves another call, not at all. */
void arllie_run(void (*work)(void *context, int worker), void *context, int threads);

#endif
