/**
 * Node flags for every measured server, of this project and others, as in `infra/instance/spillway-origin.service`.
 *
 * One V8 helper thread instead of four: with one process per core, helpers only compete with serving threads, and
 * garbage collection waits for each helper that it has woken.
 */
export const serverFlags: readonly string[] = ['--v8-pool-size=1']
