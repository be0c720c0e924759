import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { ed25519PublicBytes, equalBytes, randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { encodeChangeKey } from '../../../contracts/escrow/messages.ts'
import type { EscrowState } from '../../../contracts/escrow/state.ts'
import { writeEscrowFile } from '../../client/start.ts'
import { makeKeyFile, readKeyFile } from '../../runtime/key-file.ts'
import { readIfThere } from '../../runtime/stored-files.ts'
import { print, timeOf } from '../terminal/print.ts'
import { type FoundEscrow, findEscrow, type PayOptions, payCommand, tellEscrow } from './escrow.ts'
import { planKeyChange } from './key-plan.ts'

export function addChangeKey(pay: Command): void {
  payCommand(pay, 'change-key', 'sign vouchers by a new key; after the delay, remove the old one').action(changeKey)
}

async function changeKey(options: PayOptions): Promise<void> {
  const found = await findEscrow(options)
  const { state, now } = found
  const keys = await readKeys(found)
  const step = planKeyChange({ ...state, now, own: keys.own, kept: keys.kept.map(({ key }) => key) })
  switch (step.kind) {
    case 'adopt':
      await adopt(found)
      return print('the escrow has changed to this key: the client signs by it from now on')
    case 'wait':
      print(`both keys sign until ${timeOf(step.until)}; then this command goes on`)
      return step.isLost
        ? print(`the key ${encodeHex(state.voucherKey)} is not here; it can be changed then`)
        : undefined
    case 'finish':
      for (const { key, path } of keys.kept) if (equalBytes(key, state.oldKey?.key ?? key)) await rm(path)
      return print('the old key signs nothing any more; its file is removed')
    case 'change':
      return change(found, options)
  }
}

async function change(found: FoundEscrow, options: PayOptions): Promise<void> {
  const { state, paths } = found
  // On disk before anybody hears of it.
  const path = join(dirname(paths.escrow), `voucher-key-${encodeHex(randomBytes(8))}.pem`)
  const make = async () => encodeChangeKey(ed25519PublicBytes(await makeKeyFile(path)))
  const isDone = (next: EscrowState) => next.kind === 'closed' || !equalBytes(next.voucherKey, state.voucherKey)
  const what = `changes   the voucher key; both sign for ${state.terms.delay} s, then the new one alone`
  const next = await tellEscrow(found, { make, what, isDone }, options)
  if (next.kind === 'closed') return print('the escrow was closed')
  await adopt({ ...found, state: next })
  print(`changed; the client signs by the new key from now on, and both are good for ${state.terms.delay} s`)
}

/** Has the client sign by the key that the chain names. */
async function adopt(found: FoundEscrow): Promise<void> {
  const { kept } = await readKeys(found)
  const current = kept.find(({ key }) => equalBytes(key, found.state.voucherKey))
  if (current === undefined) return print('the escrow has changed to a key that is not here')
  await writeEscrowFile(found.paths.escrow, { ...found.file, voucherKeyFile: current.path })
}

interface KeyFile {
  readonly path: string
  readonly key: Uint8Array
}

const KEY_NAME = /^voucher-key(-[0-9a-f]{16})?\.pem$/

/** The escrow file's own key, and all beside it. */
async function readKeys({
  paths,
  file
}: FoundEscrow): Promise<{ readonly own: Uint8Array | undefined; readonly kept: readonly KeyFile[] }> {
  const folder = dirname(paths.escrow)
  const names = (await readdir(folder)).filter((name) => KEY_NAME.test(name))
  const named = [...new Set([...names.map((name) => join(folder, name)), file.voucherKeyFile])]
  const kept: KeyFile[] = []
  for (const path of named) {
    if ((await readIfThere(path)) !== undefined) kept.push({ path, key: ed25519PublicBytes(await readKeyFile(path)) })
  }
  return { own: kept.find(({ path }) => path === file.voucherKeyFile)?.key, kept }
}
