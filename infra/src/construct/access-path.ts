import { ports } from '@spillway/origin/contract'
import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import { type DatabaseSettings, type MongoDbSettings, portsOf } from '../database-settings.ts'

/** Port of the balancer inside the network. */
export const balancerPort = 443
/** Differs from MongoDB's default port, which scanners try first. */
export const databasePort = 27_018
/** Port that a `cloudflared` connector dials at Cloudflare (QUIC over UDP, HTTP/2 over TCP). */
const tunnelPort = 7_844

/**
 * All allowed network paths: connector → balancer → origin → database, each admitting only its predecessor. Nothing
 * admits an outside address; the connector dials out.
 */
export class AccessPath extends Construct {
  readonly connector: SecurityGroup
  readonly balancer: SecurityGroup
  readonly origin: SecurityGroup
  readonly database: SecurityGroup
  readonly rotation: SecurityGroup

  constructor(
    scope: Construct,
    id: string,
    { vpc, database }: { readonly vpc: IVpc; readonly database: DatabaseSettings },
  ) {
    super(scope, id)
    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc, description, allowAllOutbound: false })
    this.connector = group('Connector', 'cloudflared: dials out, admits nobody')
    this.balancer = group('Balancer', 'Admits the connectors')
    this.origin = group('Origin', 'Admits the balancer')
    this.database = group('Database', 'Admits the origin and credential rotation')
    this.rotation = group('Rotation', 'Credential rotation: admits nobody')

    this.connector.addEgressRule(Peer.anyIpv4(), Port.tcp(tunnelPort), 'Tunnel over HTTP/2')
    this.connector.addEgressRule(Peer.anyIpv4(), Port.udp(tunnelPort), 'Tunnel over QUIC')
    for (const dialler of [this.connector, this.origin, this.rotation]) {
      dialler.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs and packages')
    }
    admit(this.connector, this.balancer, balancerPort, 'Requests of the edge')
    admit(this.balancer, this.origin, ports.origin, 'Requests and readiness checks')
    admit(this.origin, this.database, databasePort, 'The pool')
    if (database.kind === 'mongodb') this.dialOut(database)
    admit(this.rotation, this.database, databasePort, 'New credentials')
  }

  /** To a database outside of this network: its members alone, and only where they listen. */
  private dialOut(database: MongoDbSettings): void {
    for (const network of database.networks) {
      for (const [first, last] of portsOf(database)) {
        this.origin.addEgressRule(Peer.ipv4(network), Port.tcpRange(first, last), 'The pool, to MongoDB')
      }
    }
  }
}

function admit(from: SecurityGroup, to: SecurityGroup, port: number, why: string): void {
  from.addEgressRule(to, Port.tcp(port), why)
  to.addIngressRule(from, Port.tcp(port), why)
}
