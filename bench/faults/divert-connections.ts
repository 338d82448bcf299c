/**
 * Preload of an origin process (`node --import`): leads its connections to the members of the replica set through links
 * of its own. A driver connects to the addresses that the set itself names, so a proxy of one origin cannot be put into
 * its connection string.
 */
import net from 'node:net'

/** Name of the variable that holds the ports: those that are asked for, and those to go to instead, as JSON. */
export const divertedPortsVariable = 'FAULTS_DIVERTED_PORTS'

const ports = JSON.parse(process.env[divertedPortsVariable] ?? '{}') as Readonly<Record<string, number>>
const connect = net.createConnection
const diverted = (options: net.TcpNetConnectOpts, ...rest: []) =>
  connect({ ...options, port: ports[options.port] ?? options.port }, ...rest)
// The driver uses the form with options alone; the other overloads stay out of reach of this process.
net.createConnection = diverted as typeof net.createConnection
