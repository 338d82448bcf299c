import { spawn } from 'node:child_process'

/**
 * Ends a process group when this process is gone, however it went (SIGKILL included): a shell waits for the end of a
 * pipe that only we hold open. The kernel closes it with us; no handler of ours has to run.
 *
 * @returns a function that lets go without ending the group, to be called once the group has ended by itself.
 */
export function attachLifeline(processGroup: number): () => void {
  const script = 'read _; kill -s TERM -- "-$1" && sleep 5 && kill -s KILL -- "-$1"'
  const shell = spawn('/bin/sh', ['-c', script, 'lifeline', String(processGroup)], {
    // Its own group: what the terminal sends to ours must not end it before it has done its work.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  return () => {
    shell.kill('SIGKILL')
  }
}
