import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time of a process as the kernel counts it, in user and kernel mode. It includes all threads, ended ones too, but
 * no child processes.
 */
export interface ProcessUsage {
  readonly pid: number
  readonly parentPid: number
  readonly cpuMs: number
  /** Memory held in RAM. */
  readonly residentBytes: number
}

/** Clock ticks a second and bytes a page, as this kernel counts. */
export interface KernelUnits {
  readonly ticksPerSecond: number
  readonly pageBytes: number
}

/**
 * One line of `/proc/PID/stat` (proc_pid_stat(5)): field 4 is the parent, 14 and 15 the CPU time, 24 the memory. Field
 * 2 is the program's name in parentheses and may itself hold spaces and parentheses, so fields are counted from the
 * last.
 */
export function parseStat(line: string, { ticksPerSecond, pageBytes }: KernelUnits): ProcessUsage {
  const end = line.lastIndexOf(')')
  const fields = line.slice(end + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  const ticks = field(14) + field(15)
  if (end < 0 || !Number.isFinite(ticks)) throw new Error('not a line of /proc/PID/stat')
  return {
    pid: Number.parseInt(line, 10),
    parentPid: field(4),
    cpuMs: (ticks / ticksPerSecond) * 1000,
    residentBytes: field(24) * pageBytes,
  }
}

/** One line of `ps -o pid=,ppid=,time=,rss=`: `[[days-]hours:]minutes:seconds[.hundredths]`, memory in KiB. */
export function parsePs(line: string): ProcessUsage {
  const [pid = '', parentPid = '', time = '', kib = ''] = line.trim().split(/\s+/)
  const [clock = '', days = '0'] = time.split('-').reverse()
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    cpuMs: (Number(days) * 86_400 + seconds) * 1000,
    residentBytes: Number(kib) * 1024,
  }
}

let units: KernelUnits | undefined

function kernelUnits(): KernelUnits {
  const ask = (name: string) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }))
  units ??= { ticksPerSecond: ask('CLK_TCK'), pageBytes: ask('PAGESIZE') }
  return units
}

const hasProc = process.platform === 'linux'

/** Usage of each process, in order. @throws Error if one has ended, since its usage is lost then */
export function usageOf(pids: readonly number[]): readonly ProcessUsage[] {
  if (hasProc) return pids.map((pid) => parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'), kernelUnits()))
  const byPid = new Map(psTable(['-p', pids.join(',')]).map((usage) => [usage.pid, usage]))
  return pids.map((pid) => {
    const usage = byPid.get(pid)
    if (usage === undefined) throw new Error(`process ${pid} has ended`)
    return usage
  })
}

/** CPU time that the processes have used since they began, in ms. */
export const cpuTimeMs = (pids: readonly number[]): number =>
  usageOf(pids).reduce((sum, { cpuMs }) => sum + cpuMs, 0)

/** Memory of the processes that is held in RAM, in MB of 2^20 bytes. */
export const residentMb = (pids: readonly number[]): number =>
  usageOf(pids).reduce((sum, { residentBytes }) => sum + residentBytes, 0) / 2 ** 20

/** The process and all its descendants. */
export function processTree(rootPid: number): readonly number[] {
  return descendants(rootPid, hasProc ? procTable() : psTable(['-A']))
}

export function descendants(rootPid: number, table: readonly ProcessUsage[]): readonly number[] {
  const found = [rootPid]
  for (const parent of found) {
    for (const { pid, parentPid } of table) if (parentPid === parent && pid !== parent) found.push(pid)
  }
  return found
}

function procTable(): readonly ProcessUsage[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'), kernelUnits())]
      } catch {
        // The process has ended since the folder was read.
        return []
      }
    })
}

const psTable = (selection: readonly string[]): readonly ProcessUsage[] =>
  execFileSync('ps', [...selection, '-o', 'pid=,ppid=,time=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(parsePs)
