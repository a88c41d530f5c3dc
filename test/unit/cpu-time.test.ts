import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test from 'ava'
import { cpuTimes } from '../../infra/load/cpu-time.ts'

/** A shell whose child counts, which takes some tenths of a second, and ends; then it waits for somebody to speak to it. */
const counting = '(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); echo counted; read line'

// There is no /proc elsewhere.
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('what a child has used still counts when it has ended', async (t) => {
  const shell = spawn('sh', ['-c', counting], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(shell.stdout, 'data')
    const used = cpuTimes(new Map([['shell', shell.pid ?? 0]])).get('shell') ?? 0
    t.true(used > 0.05, `${used} s`)
  } finally {
    shell.kill('SIGKILL')
  }
})
