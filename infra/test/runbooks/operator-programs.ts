import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readerPath } from '../../local/reader-path.ts'
import { awsCli, pythonTool } from '../../src/check/python-tool.ts'
import { Commands } from '../support/commands.ts'
import { mongosh } from '../support/mongosh.ts'
import type { TlsMongod } from './tls-mongod.ts'

export interface OperatorProgramsOptions {
  /** URL of the servers of AWS. */
  readonly awsUrl: string
  /** The database, whatever host a guide names. */
  readonly mongod: TlsMongod
  /** Password that its administrator types. */
  readonly password: string
}

/**
 * Programs that the guides name, in a folder that is first in the PATH. AWS's, npm's and MongoDB's are the real ones,
 * with what is beyond loopback replaced. `curl` and the plugin of Session Manager are stand-ins. Runbooks are planned,
 * since their own proofs execute them.
 *
 * @returns folder of the programs
 */
export function operatorPrograms(
  folder: string,
  { awsUrl, mongod, password }: OperatorProgramsOptions,
): string {
  const commands = new Commands(folder)
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  commands.add(
    'curl',
    `case "$*" in
      *truststore.pki.rds.amazonaws.com*) cp ${mongod.authority} global-bundle.pem ;;
      *api.github.com/repos/cloudflare/cloudflared/releases/*) cat ${file('release.json', release)} ;;
      *) echo "nothing answers: $*" >&2; exit 6 ;;
    esac`,
  )
  commands.add(
    'session-manager-plugin',
    `exec ${process.execPath} ${file('plugin.cjs', plugin(mongod.port))} "$@"`,
  )
  // Version 1 has a fixed endpoint for DocumentDB alone.
  commands.add(
    'aws',
    `[[ $1 != docdb ]] || set -- "$@" --endpoint-url ${awsUrl}; exec ${pythonTool(awsCli)} "$@"`,
  )
  const reader = `PATH=${readerPath()} exec`
  // The CDK's own stack is not known to the servers: its command line shows the template.
  commands.add('npx', `[[ $* != *' cdk bootstrap '* ]] || set -- "$@" --show-template; ${reader} npx "$@"`)
  commands.add(
    'npm',
    `if [[ $* == 'run runbook -- '* ]]; then
      words=(); for word in "$@"; do [[ $word == --yes || $word == --plan ]] || words+=("$word"); done
      set -- "\${words[@]}" --plan
    fi
    if [[ $* == 'run bootstrap -- '* ]]; then
      [[ $* == *--plan* ]] || set -- "$@" --plan
      # 3: something is missing or waits.
      (${reader} npm "$@") || [[ $? == 3 ]]; exit
    fi
    ${reader} npm "$@"`,
  )
  commands.add('mongosh', shellOf(folder, mongod.port, password))
  return commands.folder
}

/** A release of cloudflared, as GitHub's API describes it. */
const release = JSON.stringify({
  assets: [{ name: 'cloudflared-linux-aarch64.rpm', digest: `sha256:${'d'.repeat(64)}` }],
})

/**
 * Forwards a port to the database; prints what another session would run. The command line gives it a session's
 * parameters.
 */
const plugin = (mongodPort: number): string => `
if (process.argv[2] === '--version') return console.log('1.2.0.0')
const { connect, createServer } = require('node:net')
const { DocumentName, Parameters } = JSON.parse(process.argv[6])
if (DocumentName !== 'AWS-StartPortForwardingSessionToRemoteHost') return console.log(JSON.stringify(Parameters))
const forward = (socket) => socket.on('error', () => {}).pipe(connect(${mongodPort}, '127.0.0.1')).on('error', () => {}).pipe(socket)
createServer(forward).listen(Number(Parameters.localPortNumber[0]), '127.0.0.1')
`

/**
 * mongosh, in which a person types the password, and with `--block FILE` what follows. A host of AWS is the database.
 */
const shellOf = (folder: string, mongodPort: number, password: string): string => `
if [[ $1 == --block ]]; then uri=$(cat ${folder}/uri); what=(--file "$2")
else
  at='s#@[^/]*amazonaws.com:[0-9]+/#@127.0.0.1:${mongodPort}/#'
  one='s#replicaSet=rs0#directConnection=true\\&tlsAllowInvalidHostnames=true#'
  uri=$(sed -E "$at; $one" <<< "$1"); what=(--eval 'db.hello().isWritablePrimary')
fi
echo "$uri" > ${folder}/uri
port=\${uri##*127.0.0.1:}
for _ in {1..100}; do : 2> /dev/null < /dev/tcp/127.0.0.1/\${port%%/*} && break; sleep 0.1; done
exec ${mongosh()} "$uri" --quiet --password '${password}' "\${what[@]}"`
