/**
 * Program: `node infra/bin/database-user.ts --stage STAGE --cluster CLUSTER [--port PORT] [--check]` creates the database
 * user that the origin's secret names, or sets its password (bootstrap; runbook restore). Secrets Manager changes both
 * from then on. It reaches the database through a port of this machine that Session Manager forwards; credentials stay in
 * its memory. `--check` changes nothing and prints `works`, `refused` (another password), `absent`, or `unreachable` and
 * how to get there.
 */
import { parseArgs } from 'node:util'
import { DescribeDBClustersCommand, DocDBClient } from '@aws-sdk/client-docdb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb'
import { databasePort } from '../src/construct/access-path.ts'
import { roles } from '../src/database-roles.ts'

interface Credentials {
  readonly username: string
  readonly password: string
}

const { values } = parseArgs({
  options: {
    ...{ stage: { type: 'string' }, cluster: { type: 'string' }, port: { type: 'string' } },
    check: { type: 'boolean' },
  },
})
const { stage = '', cluster = '', port = process.env.DATABASE_PORT ?? String(databasePort) } = values
const secrets = new SecretsManagerClient({})
const docdb = new DocDBClient({})

async function credentials(name: string): Promise<Credentials> {
  const { SecretString = '{}' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: `spillway/${stage}/database-${name}` }),
  )
  return JSON.parse(SecretString)
}

const { DBClusters = [] } = await docdb.send(new DescribeDBClustersCommand({ DBClusterIdentifier: cluster }))
const endpoint = DBClusters[0]?.Endpoint ?? ''

const connect = ({ username, password }: Credentials): Promise<MongoClient> => {
  const options: MongoClientOptions = {
    auth: { username, password },
    authSource: 'admin',
    directConnection: true,
    retryWrites: false,
    serverSelectionTimeoutMS: 10_000,
    tls: true,
    // The certificate names the cluster, and the connection goes to the forwarded port.
    servername: endpoint,
    ...(process.env.DATABASE_CA !== undefined && { tlsCAFile: process.env.DATABASE_CA }),
  }
  return new MongoClient(`mongodb://127.0.0.1:${port}`, options).connect()
}

/** The way to the database; an instance of the origin reaches it, and nothing else outside does. */
const howToConnect = `Nothing of ${cluster} answers on port ${port} of this machine. In a second terminal, with the AWS command line and its
Session Manager plugin, and DATABASE_CA set to AWS's bundle of authorities (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem) in this one:
  aws ssm start-session --target INSTANCE-OF-AN-ORIGIN --document-name AWS-StartPortForwardingSessionToRemoteHost \\
    --parameters '{"host":["${endpoint}"],"portNumber":["${databasePort}"],"localPortNumber":["${port}"]}'`

const [administrator, origin] = await Promise.all([credentials('admin'), credentials('origin')])

async function usersNamed(client: MongoClient, name: string): Promise<number> {
  const { users } = await client.db('admin').command({ usersInfo: name })
  return users.length
}

async function logIn(): Promise<void> {
  const own = await connect(origin)
  await own.db('spillway').command({ ping: 1 })
  await own.close()
}

async function make(): Promise<string> {
  const client = await connect(administrator)
  const { username, password: pwd } = origin
  const verb = (await usersNamed(client, username)) > 0 ? 'updateUser' : 'createUser'
  await client.db('admin').command({ [verb]: username, pwd, roles })
  await client.close()
  await logIn()
  return `${username} logs in to ${cluster} with the password of its secret`
}

async function check(): Promise<string> {
  const client = await connect(administrator)
  const isThere = (await usersNamed(client, origin.username)) > 0
  await client.close()
  if (!isThere) return 'absent'
  return logIn().then(
    () => 'works',
    (error) => {
      if (error instanceof MongoServerError) return 'refused'
      throw error
    },
  )
}

try {
  console.log(await (values.check === true ? check() : make()))
} catch (error) {
  const words = error instanceof Error ? error.message : String(error)
  const isUnreachable = /ECONNREFUSED|Server selection/.test(words)
  if (values.check === true && isUnreachable) {
    console.log(`unreachable: ${howToConnect}`)
  } else {
    console.error(isUnreachable ? `${howToConnect}\n(${words})` : words)
    process.exitCode = 1
  }
}
