import { it } from 'vitest';
import { buildsWithKvmKmod, patience } from './building.ts';

it(
  'kvm-kmod brings KVM of Linux 5.10 to the headers of bullseye',
  () =>
    buildsWithKvmKmod({
      release: 'bullseye',
      linux: '5.10.223',
      vermagic: '5.10.0-32-amd64 SMP mod_unload modversions',
    }),
  patience,
);
