#!/bin/bash
# Production Data Backup Script

TIMESTAMP=$(date +%Y%m%d_%H%M%S)
BACKUP_DIR="/mnt/coordinaton_mcp_data/production-data-backups/data-${TIMESTAMP}"
SOURCE_DIR="/mnt/coordinaton_mcp_data/production-data"

# Create backup
mkdir -p "$BACKUP_DIR"
cp -r "$SOURCE_DIR"/* "$BACKUP_DIR/"

# Compress
tar -czf "$BACKUP_DIR.tar.gz" -C "$BACKUP_DIR" .
rm -rf "$BACKUP_DIR"

# Keep only last 30 backups
ls -t /mnt/coordinaton_mcp_data/production-data-backups/data-*.tar.gz | tail -n +31 | xargs -r rm

echo "Backup complete: $BACKUP_DIR.tar.gz"
