/**
 * Flags of Node for every server that is measured, ours and others alike, as in `infra/instance/spillway-origin.service`.
 *
 * One helper thread for V8 instead of four: there is a process per core, so that helpers only take turns with those that
 * serve, and a collection waits for each helper that it has woken, however late its turn comes.
 */
export const serverFlags: readonly string[] = ['--v8-pool-size=1']
