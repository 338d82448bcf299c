import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, describeExit, startChild } from '@spillway/origin/dev/child'
import { freePort } from '@spillway/origin/dev/ports'

/**
 * Path of the program. Loaded by `require`, since `import` resolves the package's default export differently in each
 * runtime. The cast is safe: the package exports the path.
 */
const { default: workerd } = createRequire(import.meta.url)('workerd') as { readonly default: string }

/** A Worker in its own workerd process. */
export interface WorkerProcess {
  readonly url: string
  readonly pid: number
  readonly child: Child
  stop(): Promise<void>
}

export interface WorkerOptions {
  /** The Worker's bindings. They are passed in the process's environment and written to no file. */
  readonly variables: Readonly<Record<string, string>>
  /** Folders whose files the Worker fetches from bindings of these names. @default none */
  readonly folders?: Readonly<Record<string, string>>
  /**
   * KV namespaces of these names: a folder, in which a file is a key, or `host:port` of a server that answers as KV does.
   * @default none
   */
  readonly namespaces?: Readonly<Record<string, Namespace>>
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** @default any free port */
  readonly port?: number
  /** Port for a debugger, on the loopback interface. @default none */
  readonly inspectorPort?: number | undefined
  /** Flags of V8, as `--name=value`. @default none */
  readonly v8Flags?: readonly string[]
  /** Certificates in PEM that its requests trust beside the system's. @default none */
  readonly trustedCertificates?: readonly string[]
  /** Called with each line of its output. */
  readonly onLine?: (line: string) => void
}

export type Namespace = string | { readonly address: string }

/** Worker to run: its bundle's file and compatibility settings. */
export interface WorkerCode {
  readonly scriptFile: string
  /** `YYYY-MM-DD` */
  readonly compatibilityDate: string
  readonly compatibilityFlags: readonly string[]
}

/**
 * Starts workerd with a single Worker, and waits until it listens. Miniflare would add Workers of its own before and
 * after it, one of them between each `fetch` and the network: a laptop would carry a tenth of the load, and benchmarks
 * would measure those Workers, too.
 */
export async function startWorkerProcess(code: WorkerCode, options: WorkerOptions): Promise<WorkerProcess> {
  const {
    variables,
    folders = {},
    namespaces = {},
    inspectorPort,
    v8Flags = [],
    trustedCertificates = [],
    onLine,
  } = options
  const folder = await mkdtemp(join(tmpdir(), 'spillway-workerd-'))
  let child: Child | undefined
  const stop = async (): Promise<void> => {
    await child?.stop(2_000)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const port = options.port ?? (await freePort())
    await copyFile(code.scriptFile, join(folder, 'worker.js'))
    const certificates: string[] = []
    for (const [index, certificate] of trustedCertificates.entries()) {
      const name = `certificate-${index}.pem`
      certificates.push(name)
      await writeFile(join(folder, name), certificate)
    }
    await writeFile(
      join(folder, 'config.capnp'),
      configuration(code, {
        host: options.host ?? '127.0.0.1',
        port,
        variables: Object.keys(variables),
        folders: Object.entries(folders),
        namespaces: Object.entries(namespaces),
        certificates,
        v8Flags,
      }),
    )
    child = await startChild({
      name: 'workerd',
      command: workerd,
      args: [
        'serve',
        join(folder, 'config.capnp'),
        ...(inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${inspectorPort}`]),
      ],
      env: variables,
      ...(onLine !== undefined && { onLine }),
    })
    await untilListening(port, child)
    return { url: `http://127.0.0.1:${port}`, pid: child.pid, child, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface ConfigurationOptions {
  readonly host: string
  readonly port: number
  readonly variables: readonly string[]
  readonly folders: readonly (readonly [binding: string, folder: string])[]
  readonly namespaces: readonly (readonly [binding: string, namespace: Namespace])[]
  /** Files beside the configuration. */
  readonly certificates: readonly string[]
  readonly v8Flags: readonly string[]
}

const configuration = (
  { compatibilityDate, compatibilityFlags }: WorkerCode,
  { host, port, variables, folders, namespaces, certificates, v8Flags }: ConfigurationOptions,
): string => `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = [${v8Flags.map((flag) => JSON.stringify(flag)).join(', ')}],
  services = [
    (name = "worker", worker = .worker),
    (name = "network", network = (
      allow = ["public", "private"],
      tlsOptions = (
        trustBrowserCas = true,
        trustedCertificates = [${certificates.map((file) => `embed "${file}"`).join(', ')}],
      ),
    )),${[...folders, ...namespaces]
      .map(
        ([name, folder]) => `
    (name = "${name}", ${typeof folder === 'string' ? `disk = (path = ${JSON.stringify(folder)})` : `external = (address = "${folder.address}", http = ())`}),`,
      )
      .join('')}
  ],
  sockets = [(name = "http", address = "${host}:${port}", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = [${compatibilityFlags.map((flag) => `"${flag}"`).join(', ')}],
  bindings = [${[
    ...variables.map((name) => `(name = "${name}", fromEnvironment = "${name}")`),
    ...folders.map(([name]) => `(name = "${name}", service = "${name}")`),
    ...namespaces.map(([name]) => `(name = "${name}", kvNamespace = "${name}")`),
  ].join(', ')}],
  globalOutbound = "network",
);
`

const startTimeoutMs = 60_000

async function untilListening(port: number, child: Child): Promise<void> {
  const deadlineMs = Date.now() + startTimeoutMs
  while (!(await accepts(port))) {
    const exit = await Promise.race([child.exited, sleep(20)])
    if (exit !== undefined) throw new Error(`workerd ${describeExit(exit)}:\n${child.tail()}`)
    if (Date.now() > deadlineMs) throw new Error(`workerd does not listen:\n${child.tail()}`)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
