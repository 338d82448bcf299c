import { randomUUID } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Two generations of control groups: each limits CPU time to a quota in each period. */
interface Hierarchy {
  /** Folder of the groups of all processes. */
  readonly root: string
  /** A group's files for a quota in µs of each period. */
  readonly files: (quotaUs: number) => readonly (readonly [name: string, text: string])[]
}

/** Short beside a request's limit of a second; a quota below 1 ms is refused by the kernel. */
const periodUs = 20_000

const second: Hierarchy = {
  root: '/sys/fs/cgroup',
  files: (quotaUs) => [['cpu.max', `${quotaUs} ${periodUs}`]],
}

const first: Hierarchy = {
  root: '/sys/fs/cgroup/cpu',
  files: (quotaUs) => [
    ['cpu.cfs_period_us', String(periodUs)],
    ['cpu.cfs_quota_us', String(quotaUs)],
  ],
}

const hierarchy = (): Hierarchy => (existsSync(join(second.root, 'cgroup.controllers')) ? second : first)

/** Reason why no process can be given a quota; or `undefined`. */
export function lacksQuota(): string | undefined {
  const { root } = hierarchy()
  try {
    accessSync(join(root, 'cgroup.procs'), constants.W_OK)
    accessSync(root, constants.W_OK)
    return undefined
  } catch {
    return `a CPU quota needs a control group, and ${root} cannot be written: run it as root`
  }
}

/**
 * Runs while a process, with all its threads, may use a share of one core (a cgroup's CPU quota: it runs for its share
 * of each 20 ms and then stands still). Its caches stay warm, unlike beside a busy neighbour.
 *
 * @param share over 0, at most 1
 */
export async function withQuota<T>(pid: number, share: number, run: () => Promise<T>): Promise<T> {
  const { files, root } = hierarchy()
  const group = join(root, `spillway-tunnel-${randomUUID()}`)
  const before = join(root, groupOf(pid, root === first.root ? 'cpu' : ''))
  mkdirSync(group)
  try {
    for (const [name, text] of files(Math.round(share * periodUs))) writeFileSync(join(group, name), text)
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
    return await run()
  } finally {
    writeFileSync(join(before, 'cgroup.procs'), String(pid))
    rmdirSync(group)
  }
}

/** Path of a process's group below the hierarchy's root: lines of `/proc/PID/cgroup` are `number:controllers:path`. */
function groupOf(pid: number, controllers: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')
  const [path = '/'] = lines.flatMap((line) => {
    const [, names, of] = line.split(':')
    return names === controllers && of !== undefined ? [of] : []
  })
  return path
}
