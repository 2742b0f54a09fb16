#!/usr/bin/env bash
# Simulates 200 ns of alanine dipeptide in GROMACS (tested with 2022.5), and writes φ and ψ to
# rama.xvg. It takes half an hour on one core, and half a gigabyte. Run it in a folder with
# dipeptide.pdb and md.mdp:
#
#   bash run.sh                    # run it again to continue after an interruption
#   bash run.sh -nsteps 500000     # 1 ns, or 1 ns more; the last mdrun gets the options
set -euo pipefail

run_md() { # 22 atoms are slower with more threads, or on a GPU
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
    run_md minimise

    sed -e 's/^nsteps .*/nsteps = 50000/' \
        -e 's/^nstxout-compressed .*/nstxout-compressed = 0/' \
        -e 's/^continuation .*/continuation = no/' \
        -e 's/^gen-vel .*/gen-vel = yes/' md.mdp > equilibrate.mdp
    gmx grompp -f equilibrate.mdp -c minimise.gro -p topol.top -o equilibrate.tpr
    run_md equilibrate

    gmx grompp -f md.mdp -c equilibrate.gro -t equilibrate.cpt -p topol.top -o md.tpr
fi
run_md md -cpi md.cpt -cpt 1 "$@"
gmx rama -f md.xtc -s md.tpr -o rama.xvg

# To read the angles in Python, in degrees, one row every 0.1 ps. The first row is the initial
# structure, which the book leaves out.
# phi, psi = np.loadtxt("rama.xvg", comments=("#", "@", "&"), usecols=(0, 1))[1:].T
