import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files that run on instances, shipped in a release or as user data. */
export const instanceFolder = join(import.meta.dirname, '..', 'instance')

export const readInstanceFile = (name: string): string => readFileSync(join(instanceFolder, name), 'utf8')

/** Value of a directive in one of our systemd units. @throws {Error} when the unit does not set it */
export function unitDirective(unit: string, directive: string): string {
  const line = readInstanceFile(unit)
    .split('\n')
    .find((candidate) => candidate.startsWith(`${directive}=`))
  if (line === undefined) throw new Error(`${unit} does not set ${directive}`)
  return line.slice(directive.length + 1)
}

/**
 * User data: settings that the instance reads as `/etc/spillway/instance.env`, files for an instance without a release,
 * then the script. Values may contain CloudFormation tokens but no secrets, because everyone who may describe the
 * instance can read them. All paths are below `INSTANCE_ROOT`, which only a test sets.
 *
 * @param files names in the instance folder, written where a release would have them
 */
export function userData(
  script: string,
  settings: Readonly<Record<string, string>>,
  files: readonly string[] = [],
): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return [
    '#!/usr/bin/env bash',
    'install -d -m 0755 "$INSTANCE_ROOT/etc/spillway"',
    `cat > "$INSTANCE_ROOT/etc/spillway/instance.env" <<'SETTINGS'`,
    ...lines,
    'SETTINGS',
    ...files.flatMap(written),
    readInstanceFile(script).replace(/^#!.*\n/, ''),
  ].join('\n')
}

function written(name: string): readonly string[] {
  const path = `"$INSTANCE_ROOT/opt/spillway/current/instance/${name}"`
  const mode = name.endsWith('.sh') ? '0755' : '0644'
  return [
    `install -D -m ${mode} /dev/null ${path}`,
    `cat > ${path} <<'INSTANCE_FILE'`,
    readInstanceFile(name).trimEnd(),
    'INSTANCE_FILE',
  ]
}
