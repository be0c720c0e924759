import { acceptHello } from '../../../attestation/session/handshake.ts'
import { encodeHello } from '../../../attestation/session/hello.ts'
import { EphemeralKey } from '../../../attestation/session/hpke.ts'
import { createGuestMaker } from '../../fakes/guest.ts'
import { compare } from '../compare.ts'
import { asyncTarget, target } from '../micro.ts'
import { hpkeCoreEncapsulate } from '../rivals/hpke-core.ts'
import { rawAccept } from '../rivals/raw-primitives.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

export const acceptRow: Row = {
  name: 'accept',
  title: "A host's accepts a second, over the raw primitives of Node",
  async run({ quick, random, progress }) {
    const calls = quick ? 20 : 200
    const targets = [
      asyncTarget('bombyx', calls, await accept()),
      target('node:crypto', calls, rawAccept()),
      target('node:crypto again', calls, rawAccept()),
      asyncTarget('@hpke/core', calls, await hpkeCoreEncapsulate())
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 21, warmup: 2, random, progress })
    const common = {
      rival: 'node:crypto',
      control: 'node:crypto again',
      by: 'cpu',
      beside: 'wall',
      as: 'rate'
    } as const
    return {
      results: [
        compare(rounds, { ...common, label: 'accepts a second', ours: 'bombyx', ask: { atLeast: 0.15 } }),
        compare(rounds, { ...common, label: '… of @hpke/core', ours: '@hpke/core' })
      ],
      notes: ['@hpke/core: X25519 alone, encapsulation and export, without ML-KEM and without a signature.']
    }
  }
}

/** A hello answered as a host answers it, again and again. */
async function accept(): Promise<() => Promise<unknown>> {
  const guest = (await createGuestMaker())()
  const now = Math.floor(Date.now() / 1000)
  const { keyset, sessionKey } = guest
  const prices = { prompt: 1n, cached: 1n, completion: 1n, reasoning: 1n }
  const host = { keyset, sessionKey, prices, replayWindow: 16_384, now, maxNotAfter: now + 3600 }
  const payerSignature = new Uint8Array(0)
  using ephemeral = await EphemeralKey.generate()
  const hello = encodeHello({
    clientNonce: new Uint8Array(32),
    ttlSeconds: 600,
    model: keyset.model.id,
    digests: [keyset.digest],
    clientPublicKey: ephemeral.publicKey,
    payer: undefined
  })
  return async () => {
    const { leg } = await acceptHello({ hello, payerSignature }, host)
    leg[Symbol.dispose]()
  }
}
