/**
 * A buildroot of a handful of the host's own programs: a second to make, no network. For tests of what is around a
 * step, not in it. Add these files to a test's project and name the buildroot `small`.
 */
export const smallRoot: Readonly<Record<string, string>> = {
  'recipes/buildroots/small.yaml':
    "buildroot: small\nsummary: Some of the host's programs\nsuite: bookworm\npackages: [bash]\n",
  'recipes/lock.yaml': `version: 1
buildroots:
  small:
    suite: bookworm
    architecture: amd64
    requested: [ bash ]
    packages:
`,
  'recipes/buildroot.yaml': `recipe: buildroot
summary: A root filesystem of the host's programs
parameters:
  suite: { type: string }
  packages: { type: list }
environment: { host: [tar, ldd] }
script: scripts/small-root.ts
outputs: { root: root.tar }
`,
  'scripts/small-root.ts': `import { step } from STEP_MODULE;
const { $, output } = await step();
const programs = 'bash sh cat date env head hostname id ls nproc sort sleep tr uname wc'.split(' ');
await $\`mkdir -p root/usr/bin root/usr/lib root/usr/lib64 root/{etc,build,sources,inputs,srv,proc,dev,tmp}
for link in bin lib lib64; do ln -s usr/$link root/$link; done
if [ -d /usr/lib/locale/C.utf8 ]; then mkdir root/usr/lib/locale; cp -r /usr/lib/locale/C.utf8 root/usr/lib/locale/; fi
printf 'root:x:0:0:root:/root:/bin/bash\\n' >root/etc/passwd
for program in \${programs}; do
  path=$(command -v $program); cp -L $path root/usr/bin/
  for library in $(env -u LD_PRELOAD ldd $path | grep -o '/lib[^ ]*'); do mkdir -p root/usr$(dirname $library); cp -L $library root/usr$library; done
done
# What libfaketime needs besides.
libc=$(env -u LD_PRELOAD ldd root/usr/bin/bash | grep -o '/[^ ]*/libc.so.6'); cp -L $(dirname $libc)/libm.so.6 root/usr$(dirname $libc)/
tar --sort=name --mode=go=u-w --mtime=@0 --owner=0 --group=0 --numeric-owner -C root -cf root.tar .\`;
await output('root', 'root.tar');
`,
};
