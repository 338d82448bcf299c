import { describe, expect, it } from 'vitest'
import { descendants, parsePs, parseStat, usageOf } from './process-table.ts'

const units = { ticksPerSecond: 100, pageBytes: 4096 }

describe('a line of /proc/PID/stat', () => {
  const rest = '41 7 7 0 -1 4194304 900 0 0 0 250 50 9999 9999 20 0 11 0 77 1000000 2000 18446744073709551615'

  it('gives time on a CPU of the process and its threads, without its children', () => {
    expect(parseStat(`42 (node) S ${rest}`, units)).toEqual({
      pid: 42,
      parentPid: 41,
      cpuMs: 3_000,
      residentBytes: 8_192_000,
    })
  })

  it('is read from the end of a name that holds spaces and parentheses', () => {
    expect(parseStat(`42 (a) S 1 (b c) S ${rest}`, units)).toMatchObject({ parentPid: 41, cpuMs: 3_000 })
  })

  it('that is malformed is an error, not zero', () => {
    expect(() => parseStat('', units)).toThrow()
    expect(() => parseStat('42 (node) S 41', units)).toThrow()
  })
})

it.each([
  ['  42    41   0:01.50   2048', 1_500],
  ['42 41 01:02:03 2048', 3_723_000],
  ['42 41 2-01:00:00 2048', 176_400_000],
])('reads the time of ps in %j', (line, cpuMs) => {
  expect(parsePs(line)).toEqual({ pid: 42, parentPid: 41, cpuMs, residentBytes: 2_097_152 })
})

it('finds the children of children, and no other process', () => {
  const usage = (pid: number, parentPid: number) => ({ pid, parentPid, cpuMs: 0, residentBytes: 0 })
  const table = [usage(4, 3), usage(1, 0), usage(3, 2), usage(2, 1), usage(9, 1), usage(8, 7)]
  expect(descendants(2, table)).toEqual([2, 3, 4])
})

it('reads this very process', () => {
  const [usage] = usageOf([process.pid])
  expect(usage).toMatchObject({ pid: process.pid, parentPid: process.ppid })
  expect(usage?.residentBytes).toBeGreaterThan(1_000_000)
})
