#!/usr/bin/env bash
# 200 ns of alanine dipeptide in GROMACS (tried: 2022.5), then φ and ψ in rama.xvg: half an
# hour on one core, and half a gigabyte. In a folder with dipeptide.pdb and md.mdp:
#
#   bash run.sh                    # after a kill, the same again goes on
#   bash run.sh -nsteps 500000     # 1 ns, or 1 ns more; options go to the last mdrun
set -euo pipefail

simulated() { # more threads, or a GPU, only slow 22 atoms down
    gmx mdrun -ntmpi 1 -ntomp 1 -nb cpu -deffnm "$@"
}

if [ ! -f md.tpr ]; then
    gmx pdb2gmx -f dipeptide.pdb -ff amber03 -water none -o built.gro -p topol.top
    gmx editconf -f built.gro -o boxed.gro -bt cubic -box 5 -c

    sed -e 's/^integrator .*/integrator = steep/' \
        -e 's/^nsteps .*/nsteps = 1000/' \
        -e 's/^continuation .*/continuation = no/' md.mdp > minimise.mdp
    echo 'emtol = 100' >> minimise.mdp
    gmx grompp -f minimise.mdp -c boxed.gro -p topol.top -o minimise.tpr
    simulated minimise

    sed -e 's/^nsteps .*/nsteps = 50000/' \
        -e 's/^nstxout-compressed .*/nstxout-compressed = 0/' \
        -e 's/^continuation .*/continuation = no/' \
        -e 's/^gen-vel .*/gen-vel = yes/' md.mdp > equilibrate.mdp
    gmx grompp -f equilibrate.mdp -c minimise.gro -p topol.top -o equilibrate.tpr
    simulated equilibrate

    gmx grompp -f md.mdp -c equilibrate.gro -t equilibrate.cpt -p topol.top -o md.tpr
fi
simulated md -cpi md.cpt -cpt 1 "$@"
gmx rama -f md.xtc -s md.tpr -o rama.xvg

# In Python, degrees, a row every 0.1 ps; the first row is the start, which the book leaves out:
# phi, psi = np.loadtxt("rama.xvg", comments=("#", "@", "&"), usecols=(0, 1))[1:].T
