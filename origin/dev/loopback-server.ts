import type { Server } from 'node:http'
import { portOf } from './ports.ts'

/**
 * Lets a server listen on a port of its own on the loopback interface.
 *
 * @returns its base URL, without a slash at the end
 * @throws {Error} if it cannot listen
 */
export async function listenOnLoopback(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${portOf(server)}`
}

/** Ends a server, and its connections with it; resolves when both have ended. */
export function endServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
