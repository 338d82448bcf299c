/** Program of compose.yaml: the edge in workerd, with the development issuer beside it, until SIGTERM. */
import { join } from 'node:path'
import { developmentPorts, issuerKeys } from '@spillway/edge/dev/development'
import { bundleForDevelopment, startEdgeDev } from '@spillway/edge/dev/edge-dev'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, keptKey } from '@spillway/edge/dev/keys'

const { KEYS_FOLDER: folder, ORIGINS: origins, EDGE_HOST: host = '127.0.0.1' } = process.env
if (folder === undefined || origins === undefined) throw new Error('KEYS_FOLDER and ORIGINS are not set')
const ports = developmentPorts(process.env)
const bundled = await bundleForDevelopment('own')
if (!bundled.ok) throw new Error(bundled.message)
// On loopback: only programs in the container may ask for a token.
const issuer = await startIssuer({ keys: await issuerKeys(), port: ports.issuer })
const edge = await startEdgeDev(bundled.code, {
  host,
  port: ports.edge,
  variables: {
    ...edgeVariables({
      originUrls: origins.split(' '),
      trustedIssuers: [trustedIssuer(issuer)],
      assertionKey: await keptKey(join(folder, 'edge-assertion.json'), assertionAlgorithm),
    }),
    LOG: 'refusals',
  },
  onLine: (line) => console.log(line),
})
console.log(`edge: ${edge.url}, issuer: ${issuer.url}`)
const stop = async () => {
  await edge.stop()
  await issuer.stop()
  process.exit()
}
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop())
// The container ends with its edge.
const { code } = await edge.child.exited
process.exit(code ?? 1)
