import { spawn } from 'node:child_process'

/**
 * Ends a process group when this process has ended in any way, SIGKILL included: a shell waits for the end of a pipe
 * that only this process holds open. The kernel closes it, so no handler has to run.
 *
 * @returns a function that detaches without ending the group; call it once the group has ended by itself
 */
export function attachLifeline(processGroup: number): () => void {
  const script = 'read _; kill -s TERM -- "-$1" && sleep 5 && kill -s KILL -- "-$1"'
  const shell = spawn('/bin/sh', ['-c', script, 'lifeline', String(processGroup)], {
    // A group of its own, so that a signal from the terminal does not end the shell too early.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  return () => {
    shell.kill('SIGKILL')
  }
}
