#!/usr/bin/env bash
# A real Slurm of one node on this machine, for tests; needs root and Debian's packages slurm-wlm and munge.
#   slurm.sh start FOLDER    state and logs go to FOLDER, the configuration to /etc/slurm
#   slurm.sh stop FOLDER
set -euo pipefail
action=$1 folder=$(mkdir -p "$2" && cd "$2" && pwd)

configure() {
    local memory
    memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.8)}' /proc/meminfo)
    mkdir -p /etc/slurm "$folder/state" "$folder/spool"
    # Memory is watched and jobs that take more than they asked for are killed: every second, by polling, because
    # control groups are not to be had everywhere.
    cat > /etc/slurm/slurm.conf <<CONF
ClusterName=tests
SlurmctldHost=localhost
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MinJobAge=300
NodeName=localhost CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
    configure
    mkdir -p /run/munge
    chown -R munge: /run/munge /etc/munge /var/lib/munge /var/log/munge
    munge -n 2> /dev/null | unmunge > /dev/null 2>&1 || runuser -u munge -- /usr/sbin/munged
    slurmctld
    slurmd -N localhost
    for _ in $(seq 100); do
        sinfo --noheader --format %T 2> /dev/null | grep -q idle && return
        sleep 0.2
    done
    echo "slurm.sh: Slurm did not come up; see $folder/*.log" >&2
    return 1
}

stop() {
    for daemon in slurmd slurmctld; do
        [[ ! -s $folder/$daemon.pid ]] || kill "$(< "$folder/$daemon.pid")"
    done
}

"$action"
