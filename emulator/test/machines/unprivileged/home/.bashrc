echo "this is the ~/.bashrc of whoever runs the emulator"
