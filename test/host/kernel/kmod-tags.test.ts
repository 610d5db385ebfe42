import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/index.ts';
import { chooseKmod } from '../../../src/host/kernel/index.ts';

function refusal(tag: string, a: string, b: string): Failure {
  try {
    chooseKmod(tag, a, b);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`${tag} takes ${a} to ${b}`);
}

describe('the version table of kvm-kmod', () => {
  it.each([
    ['kvm-kmod-3.10.21', '3.10.108', '3.2.0-4-amd64', false],
    ['kvm-kmod-3.10.21', '3.10', '2.6.24', false],
    ['kvm-kmod-2.6.37', '2.6.37', '2.6.32-5-amd64', false],
    ['master', '5.6.19', '4.19.0-27-amd64', false],
    ['master', '5.6.19', '4.14.336', false],
    ['master', '5.10.223', '5.10.0-32-amd64', true],
    ['master', '6.1.192', '6.1.0-47-amd64', true],
    ['0123456789abcdef0123456789abcdef01234567', '6.1.176', '6.1.0-50-amd64', true],
  ])('lets %s bring KVM of %s to %s', (tag, a, b, adapted) => {
    expect(chooseKmod(tag, a, b)).toEqual({ adapted });
  });

  it('refuses a pair out of range with the range and the alternative', () => {
    const { message, hint } = refusal('kvm-kmod-3.10.21', '6.1.176', '6.1.0-50-amd64');
    expect(message).toBe(
      'kvm-kmod at kvm-kmod-3.10.21 does not bring KVM of Linux 6.1.176 to Linux 6.1.0-50-amd64.\n' +
        'It serves kernel A 3.10 for kernel B 2.6.24 to 3.10.',
    );
    expect(hint).toBe('Both are 6.1: the recipe kvm-modules builds them without kvm-kmod.');
  });

  it.each([
    [
      'a B that is newer than all of A',
      'master',
      '5.6.19',
      '6.1.0-50-amd64',
      /kvm-modules with linux=6\.1\.N/,
    ],
    [
      'an adapted A for an older B',
      'master',
      '6.1.176',
      '5.10.0-32-amd64',
      /kvm-modules with linux=5\.10\.N/,
    ],
    ['an A newer than was tried', 'master', '6.12.1', '6.12.1', /kvm-modules builds them/],
    [
      'a B older than the head knows',
      'master',
      '5.6.19',
      '3.2.0',
      /take KVM of Linux 3\.10 and tag=kvm-kmod-3\.10\.21/,
    ],
    [
      'a B between the tags and the head',
      'kvm-kmod-3.10.21',
      '3.13.11',
      '3.13.0',
      /kvm-modules with linux=3\.13\.N and patches=ioapic-polarity/,
    ],
    [
      "a B that the head's configure lets pass and its headers do not serve",
      'master',
      '5.6.19',
      '4.9.0-19-amd64',
      /kvm-modules with linux=4\.9\.N/,
    ],
    ["another release's KVM", 'kvm-kmod-3.10.21', '3.4.113', '3.2.0', /its own tags, kvm-kmod-3\.4/],
    ['a B newer than its own A', 'kvm-kmod-3.4', '3.4.113', '3.10.0', /Kernel B must be 2\.6\.24 to 3\.4/],
    ['a KVM from before all tags', 'kvm-kmod-2.6.37', '2.6.32', '2.6.32', /oldest KVM .* 2\.6\.37/],
  ])('names the way out for %s', (_what, tag, a, b, hint) => {
    const failure = refusal(tag, a, b);
    expect(failure.hint).toMatch(hint);
    expect(failure.message).toContain('It serves kernel A');
  });
});
