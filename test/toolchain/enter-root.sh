#!/bin/sh
# enter-root.sh ROOT HOW USER COMMAND…: runs a command in a root filesystem as if it were a machine of its own.
#
# Started in a mount and a PID namespace (unshare --mount --pid --fork --propagation private). A chroot will not do, since the
# kernel lets nobody in one make user namespaces; neither will bwrap, whose /proc keeps a fresh one from being mounted.
# HOW is whole, or masked: /proc as Docker's default has it, with parts that are covered or read-only.
set -eu
root=$1 how=$2 user=$3
shift 3

mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --bind -o ro /sys "$root/sys"
mount -t proc proc "$root/proc"
if [ "$how" = masked ]; then
  for path in bus fs irq sys; do
    [ -d "$root/proc/$path" ] && mount --bind "$root/proc/$path" "$root/proc/$path" &&
      mount -o remount,bind,ro "$root/proc/$path"
  done
  for path in acpi asound scsi; do [ -d "$root/proc/$path" ] && mount -t tmpfs -o ro tmpfs "$root/proc/$path"; done
  for path in kcore keys latency_stats timer_list; do
    [ -e "$root/proc/$path" ] && mount --bind /dev/null "$root/proc/$path"
  done
fi
mkdir -p "$root/.outside"
cd "$root"
pivot_root . .outside
# A small root has no umount of its own. Links of the outside's to absolute places would lead into the root.
far=/.outside
libraries=$far/usr/lib/x86_64-linux-gnu
"$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" $far/usr/bin/umount --lazy $far
cd "$(getent passwd "$user" | cut -d: -f6)"
HOME=$PWD
export HOME
exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"
