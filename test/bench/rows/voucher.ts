import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { signVoucher, VOUCHER_BYTES, verifyVoucher } from '../../../attestation/receipt/voucher.ts'
import { compare } from '../compare.ts'
import { target } from '../micro.ts'
import { rawSignAndVerify } from '../rivals/raw-primitives.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

export const voucherRow: Row = {
  name: 'voucher',
  title: 'Sign and verify a voucher, over raw Ed25519',
  async run({ quick, random, progress }) {
    const calls = quick ? 300 : 1_000
    const raw = rawSignAndVerify(randomBytes(VOUCHER_BYTES))
    const targets = [
      target('bombyx', calls, signAndVerify()),
      target('node:crypto', calls, raw),
      target('node:crypto again', calls, raw)
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 31, warmup: 2, random, progress })
    const result = compare(rounds, {
      label: 'sign + verify a voucher',
      ours: 'bombyx',
      rival: 'node:crypto',
      by: 'cpu',
      beside: 'wall',
      control: 'node:crypto again',
      as: 'time',
      ask: { atMost: 1.3 }
    })
    return { results: [result], notes: [] }
  }
}

/** A new amount every time, as a consumer signs it and a host that knows its escrow reads it. */
function signAndVerify(): () => void {
  const [voucherKey, escrow, payee, usageRoot] = [generateEd25519(), randomBytes(32), randomBytes(32), randomBytes(32)]
  const expected = { escrow, payee, voucherKeys: [ed25519PublicBytes(voucherKey)] }
  let cumulative = 0n
  return () => {
    cumulative += 1n
    verifyVoucher(signVoucher({ escrow, payee, cumulative, usageRoot }, voucherKey), expected)
  }
}
