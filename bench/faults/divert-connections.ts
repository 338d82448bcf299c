/**
 * Preload of an origin process (`node --import`) that leads its connections to the replica set through proxies of its
 * own. A driver connects to the addresses that the set announces, so the connection string cannot name a proxy.
 */
import net from 'node:net'

/** Environment variable with the ports as JSON: requested port → proxy's port. */
export const divertedPortsVariable = 'FAULTS_DIVERTED_PORTS'

// The cast is safe: `startFleetOrigin` writes the variable.
const ports = JSON.parse(process.env[divertedPortsVariable] ?? '{}') as Readonly<Record<string, number>>
const connect = net.createConnection
const diverted = (options: net.TcpNetConnectOpts, ...rest: []) =>
  connect({ ...options, port: ports[options.port] ?? options.port }, ...rest)
// Only the overload with options is replaced: the driver uses no other, so the cast is safe.
net.createConnection = diverted as typeof net.createConnection
