import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The installed Chromium or Chrome: `CHROMIUM` if set, otherwise the first that is found.
 *
 * @throws Error that says how to install one
 */
export async function browserFile(): Promise<string> {
  const { CHROMIUM: named = '', PATH: path = '' } = process.env
  const searched = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  for (const file of named === '' ? [...searched, ...macPaths] : [named]) {
    const isProgram = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isProgram) return file
  }
  throw new Error(
    named === ''
      ? 'no Chromium found: install one (Debian, Ubuntu: apt-get install chromium), or set CHROMIUM to its file'
      : `CHROMIUM: ${named} is no program`,
  )
}
