import { sha256 } from '../../../attestation/crypto.ts'
import { assessDevices } from '../../../attestation/nvidia/assess.ts'
import { authenticateRim } from '../../../attestation/nvidia/rim-verify.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { NOW } from '../../fakes/virtual-evidence.ts'
import { compare, standing } from '../compare.ts'
import { asyncTarget, target } from '../micro.ts'
import { rawP384 } from '../rivals/raw-primitives.ts'
import { type Rounds, runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'
import { appraised, createMachine, HOSTS, inThreads, type Machine, seen } from './nvidia-hosts.ts'

/** More manifests than are kept, so that each is new when its turn comes. */
const NEW_RIMS = 72
const REPORTS = 32

export const nvidiaRow: Row = {
  name: 'nvidia',
  title: 'GPU evidence, manifests and whole machines, over raw P-384 verification',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const machine = await createMachine()
    const [fresh, kept] = createRims()
    const calls = quick ? 4 : 24
    const raw = rawP384()
    const targets = [
      target('raw P-384', calls, raw),
      target('raw P-384 again', calls, raw),
      target('a GPU', calls, assessGpu(machine)),
      await inThreads(stack, machine, calls),
      target('a machine', calls / 4, appraised(machine)),
      target('a manifest, new', calls / 4, fresh),
      target('a manifest, kept', calls * 10, kept),
      asyncTarget(`${HOSTS} machines seen before`, calls * 10, await seen(machine))
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 21, warmup: quick ? 1 : 4, random, progress })
    return {
      results: results(rounds),
      notes: [
        'A machine is TDX, 8 GPUs and 4 NVSwitches: 12 signatures by P-384 keys and one by a P-256 key, which takes a tenth of the time.',
        'Reports are new in every call; chains, manifests and OCSP answers were authenticated with earlier ones. Two threads.'
      ]
    }
  }
}

function results(rounds: Rounds) {
  const common = { rival: 'raw P-384', control: 'raw P-384 again' } as const
  const byCpu = { ...common, by: 'cpu', beside: 'wall' } as const
  const alone = { by: 'cpu' } as const
  return [
    compare(rounds, { ...byCpu, label: 'GPU evidence a second', ours: 'a GPU', as: 'rate', ask: { atLeast: 0.85 } }),
    compare(rounds, {
      ...common,
      ...{ label: '… in two threads', ours: 'in threads', as: 'rate', ask: { atLeast: 1.6 } },
      ...{ by: 'wall', beside: 'cpu' }
    }),
    compare(rounds, {
      ...byCpu,
      label: 'TDX + 8 GPUs + 4 switches',
      ours: 'a machine',
      as: 'time',
      ask: { atMost: 13 }
    }),
    standing(rounds, { ...alone, label: 'a manifest, new', ours: 'a manifest, new', ask: { atMost: 20_000 } }),
    standing(rounds, { ...alone, label: 'a manifest, kept', ours: 'a manifest, kept', ask: { atMost: 100 } }),
    standing(rounds, {
      ...alone,
      ...{ label: `${HOSTS} machines seen before`, ours: `${HOSTS} machines seen before`, ask: { atMost: 1000 } }
    })
  ]
}

/** Everything that is asked of one GPU, of one report after the other. */
function assessGpu({ deviceRoot: root, policy }: Machine): () => void {
  const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
  const { rims, ocsp } = createVirtualDeviceEndorsements(root, [device], {}, NOW)
  const endorsed = { rims: rims.map(({ xml }) => xml), ocsp: ocsp.map(({ der }) => der), crls: [] }
  const reports = Array.from({ length: REPORTS }, (_, at) => {
    const nonce = sha256(Uint8Array.of(at))
    return { evidence: reportVirtualDevice(device, nonce), nonce }
  })
  const rules = { ...policy.devices, topology: 'single' } as const
  let next = 0
  return () => {
    const report = reports[next++ % REPORTS]
    const { devices, setFaults } = assessDevices({ devices: report ? [report] : [], ...endorsed }, rules, NOW)
    if (devices.length !== 1 || setFaults.length > 0 || devices[0]?.faults.length !== 0) throw new Error('refused')
  }
}

/** A manifest that is new, under a chain that is new too, and one that is kept. */
function createRims(): readonly [fresh: () => void, kept: () => void] {
  const rims = Array.from({ length: NEW_RIMS }, () => {
    const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
    const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
    const [rim] = createVirtualDeviceEndorsements(root, [device], {}, NOW).rims
    return { xml: rim?.xml ?? new Uint8Array(0), roots: [root.rimRoot.certificate] }
  })
  let next = 0
  const [first] = rims
  return [
    () => {
      const rim = rims[next++ % NEW_RIMS]
      if (rim !== undefined) authenticateRim(rim.xml, rim.roots)
    },
    () => {
      if (first !== undefined) authenticateRim(first.xml, first.roots)
    }
  ]
}
