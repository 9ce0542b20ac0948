#include "daemon/dashboard.h"

/* A build without the dashboard. ISO C has no empty arrays, so the table has one row that does not
 * count. */
const dashboard_asset dashboard_assets[1] = {{NULL, NULL, NULL, NULL, 0, NULL, 0}};
const size_t dashboard_asset_count = 0;
