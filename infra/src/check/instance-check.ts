import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { instanceFolder } from '../instance-files.ts'
import type { Check } from './finding.ts'
import { pythonTool, shellcheck } from './python-tool.ts'
import { run } from './run.ts'

const filesOf = (extension: string): readonly string[] =>
  readdirSync(instanceFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(instanceFolder, name))

/** Runs shellcheck over every script of an instance. */
export function checkScripts(): Check {
  const scripts = filesOf('.sh')
  const { status, output } = run(pythonTool(shellcheck), [...scripts])
  return { name: 'shellcheck', findings: status === 0 ? [] : [output], note: `${scripts.length} scripts` }
}

/** Runs `systemd-analyze verify` over the units, with local programs in place of the instance's. */
export function checkUnits(): Check {
  const name = 'systemd units'
  if (run('sh', ['-c', 'command -v systemd-analyze']).status !== 0) {
    return { name, findings: [], skipped: 'no systemd-analyze on this machine' }
  }
  const folder = mkdtempSync(join(tmpdir(), 'spillway-units-'))
  try {
    cpSync(instanceFolder, folder, { recursive: true })
    const units = filesOf('.service').map((file) => {
      const unit = file.replace(instanceFolder, folder)
      const text = readFileSync(unit, 'utf8')
        .replaceAll('/opt/spillway/current/runtime/node', process.execPath)
        .replaceAll('/opt/spillway/current/instance', folder)
        .replaceAll('/usr/bin/cloudflared', process.execPath)
      writeFileSync(unit, text)
      return unit
    })
    const { output } = run('systemd-analyze', ['verify', '--man=no', ...units])
    const ours = output.split('\n').filter((line) => units.some((unit) => line.includes(basename(unit))))
    return { name, findings: ours, note: `${units.length} units` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
