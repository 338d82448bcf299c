/** Program: cost of TLS on the last step, from the balancer to an instance (origin/decisions/0002). */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCertificate } from '../measure/certificate.ts'
import { inNodeUs, inWorkerdUs } from './binding.ts'
import { MeasuredServer } from './measured-server.ts'

parseArgs({ options: {} })

const rounds = 7
const requests = 5_000
const connections = 100

const folder = mkdtempSync(join(tmpdir(), 'spillway-last-step-'))
const { files } = createCertificate(folder, ['spillway-origin'])

const [plain, tls] = [await MeasuredServer.start(), await MeasuredServer.start(files)]
const kept: [number[], number[]] = [[], []]
const made: [number[], number[]] = [[], []]
const madeMs: [number[], number[]] = [[], []]
// Takes turns, so that other work of the machine affects both equally.
for (let round = 0; round <= rounds; round += 1) {
  // The cast is safe: the list has two servers.
  for (const [index, server] of [plain, tls].entries() as ArrayIterator<[0 | 1, MeasuredServer]>) {
    const us = await server.perRequestUs(requests)
    const { cpuUs, ms } = await server.perConnection(connections)
    // The first round only lets V8 compile the code.
    if (round === 0) continue
    kept[index].push(us)
    made[index].push(cpuUs)
    madeMs[index].push(ms)
  }
}
plain.stop()
tls.stop()
rmSync(folder, { recursive: true })

// Takes the lowest of the rounds: a busy machine makes them higher, and nothing makes them lower.
const shown = ([without, with_]: readonly [readonly number[], readonly number[]], digits: number) =>
  `${Math.min(...without).toFixed(digits)} without, ${Math.min(...with_).toFixed(digits)} with TLS`
console.log(`request on a kept connection, µs of the server's CPU: ${shown(kept, 1)}`)
console.log(`connection with one request, µs of the server's CPU: ${shown(made, 0)}`)
console.log(`connection with one request, ms until the answer: ${shown(madeMs, 2)}`)
console.log(`digest of 2 KB and an HMAC, µs: ${(await inNodeUs(5_000)).toFixed(1)} in Node`)
console.log(`the same by Web Crypto, µs: ${(await inWorkerdUs(5_000)).toFixed(1)} in workerd`)
