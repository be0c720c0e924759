import { access, constants, readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ServiceError } from './errors.ts'

/** How to start a program of PostgreSQL's, which refuses to run as root. */
export interface PostgresUser {
  /** Set when this process is root: who owns the data folder and runs the server instead. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
  /** Put before the program and its arguments. */
  readonly launcher: readonly string[]
}

const CANDIDATES = ['postgres', 'nobody']
const SETPRIV = '/usr/bin/setpriv'
const EXECUTABLE_BY_OTHERS = 0o001

/**
 * Not root: nobody else. Root: whoever owns the cluster, or else the machine's `postgres`, or `nobody`. Where that user cannot reach the folders (a
 * checkout in root's home), `setpriv` gives the server the one capability to pass them, which root has anyway.
 */
export async function choosePostgresUser(cluster: string, folders: readonly string[]): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return { ids: undefined, launcher: [] }
  const ids = (await findOwner(cluster)) ?? (await findUser())
  const reachable = await Promise.all(folders.map(reachableByOthers))
  if (!reachable.includes(false)) return { ids, launcher: [] }
  await access(SETPRIV, constants.X_OK).catch((cause: unknown) => {
    const rule = 'run as another user, move to a folder that others can enter, or set DATABASE_URL'
    throw new ServiceError('CONFIG_INVALID', `PostgreSQL does not run as root: ${rule}`, { cause })
  })
  const drop = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups']
  // Without the bit access(2), by which initdb looks for its programs, does not count the capability.
  const keep = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--']
  return { ids, launcher: [SETPRIV, ...drop, ...keep] }
}

async function findOwner(cluster: string): Promise<PostgresUser['ids']> {
  const owner = await stat(cluster).catch(() => undefined)
  return owner === undefined || owner.uid === 0 ? undefined : { uid: owner.uid, gid: owner.gid }
}

async function findUser(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of CANDIDATES) {
    const [, , uid, gid] = lines.find(([candidate]) => candidate === name) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new ServiceError('CONFIG_INVALID', 'PostgreSQL does not run as root and there is no user to run it as')
}

/** Whether every folder on the way to `folder`, and it, may be entered by anyone. */
export async function reachableByOthers(folder: string): Promise<boolean> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode } = await stat(at)
    if ((mode & EXECUTABLE_BY_OTHERS) === 0) return false
    if (at === dirname(at)) return true
  }
}
