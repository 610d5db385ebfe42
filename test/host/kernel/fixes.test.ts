import { describe, expect, it } from 'vitest';
import { kernelNeeds } from '../../../src/host/kernel/index.ts';

describe('what a kernel needs for OS X guests', () => {
  it('is nothing from 3.16 on, and the reasons are told', () => {
    const { patches, lines } = kernelNeeds('6.1.0-50-amd64');
    expect(patches).toEqual([]);
    expect(lines[0]).toBe('Linux 6.1.0-50-amd64 needs no KVM modules of ours');
    expect(lines.join('\n')).toMatch(/polarity is ignored \(since 3\.15\)/);
    expect(lines.join('\n')).toMatch(/emulated as NOPs \(since 3\.16\)/);
    expect(lines.join('\n')).toMatch(/cpu-pm=on/);
  });

  it('is MWAIT alone on 3.15, and both before', () => {
    expect(kernelNeeds('3.15.10')).toMatchObject({ patches: ['mwait'] });
    expect(kernelNeeds('3.15.10').lines[0]).toMatch(/for 10\.6 and 10\.7 guests only/);
    expect(kernelNeeds('3.10.0-1160.el7').lines[0]).toContain('by its version; vendors backport');
    // RHEL 7's 3.10 has the fix, and its headers show it.
    expect(kernelNeeds('3.10.0-1160.el7', ['ioapic-polarity'])).toMatchObject({ patches: ['mwait'] });
    expect(kernelNeeds('3.14.79')).toMatchObject({ patches: ['ioapic-polarity', 'mwait'] });
    expect(kernelNeeds('2.6.32-5-amd64').lines.join('\n')).not.toMatch(/cpu-pm/);
  });
});
